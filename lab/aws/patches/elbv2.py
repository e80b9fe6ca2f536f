# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Elastic Load Balancing v2 in moto 5.2.5: forgotten attributes, accepted mistakes, health that nobody saw."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Literal

from moto.acm.models import acm_backends
from moto.elbv2.exceptions import DuplicateListenerError, DuplicateLoadBalancerName, ELBClientError
from moto.elbv2.models import ELBv2Backend, FakeHealthStatus, FakeLoadBalancer, FakeTargetGroup

# https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_LoadBalancerAttribute.html
APPLICATION_ATTRIBUTES = {
    "access_logs.s3.bucket": "",
    "access_logs.s3.enabled": "false",
    "access_logs.s3.prefix": "",
    "client_keep_alive.seconds": "3600",
    "connection_logs.s3.bucket": "",
    "connection_logs.s3.enabled": "false",
    "connection_logs.s3.prefix": "",
    "deletion_protection.enabled": "false",
    "idle_timeout.timeout_seconds": "60",
    "ipv6.deny_all_igw_traffic": "false",
    "load_balancing.cross_zone.enabled": "true",
    "routing.http.desync_mitigation_mode": "defensive",
    "routing.http.drop_invalid_header_fields.enabled": "false",
    "routing.http.preserve_host_header.enabled": "false",
    "routing.http.x_amzn_tls_version_and_cipher_suite.enabled": "false",
    "routing.http.xff_client_port.enabled": "false",
    "routing.http.xff_header_processing.mode": "append",
    "routing.http2.enabled": "true",
    "waf.fail_open.enabled": "false",
    "zonal_shift.config.enabled": "false",
}
NAME = re.compile(r"(?!internal-)(?!-)[A-Za-z0-9-]{1,32}(?<!-)$")
ZONES_MIN = 2

# Asked for one target of one target group: its ARN, the target's id and port. None: still to be seen.
Health = Callable[[str, str, int], Literal["healthy", "unhealthy"] | None]


def apply(health: Health | None = None) -> None:
    """Patch moto. ``health``: what the data plane's probes saw; without one, no target is healthy."""
    _attributes()
    _creation()
    _deletion()
    _listeners()
    _target_health(health)


def _attributes() -> None:
    original = FakeLoadBalancer.__init__

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        if self.type == "application":
            self.attrs = dict(APPLICATION_ATTRIBUTES)

    FakeLoadBalancer.__init__ = __init__


def _creation() -> None:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html"""
    original = ELBv2Backend.create_load_balancer

    def create_load_balancer(self: Any, name: str, **more: Any) -> Any:
        if not NAME.match(name):
            raise ELBClientError(
                "ValidationError",
                f"The load balancer name '{name}' must be 1 to 32 letters, digits and hyphens, must not begin or end "
                "with a hyphen and must not begin with 'internal-'",
            )
        kind, scheme = more["loadbalancer_type"] or "application", more["scheme"] or "internet-facing"
        wanted = {*more["subnet_ids"], *(each["SubnetId"] for each in more["subnet_mappings"])}
        for balancer in self.load_balancers.values():
            if balancer.name == name:
                # "If you attempt to create multiple load balancers with the same settings, each call succeeds."
                same = (balancer.type, balancer.scheme, {subnet.id for subnet in balancer.subnets})
                if same == (kind, scheme, wanted):
                    return balancer
                raise DuplicateLoadBalancerName
        made = original(self, name, **more | {"scheme": scheme})
        if kind == "application" and len({subnet.availability_zone for subnet in made.subnets}) < ZONES_MIN:
            del self.load_balancers[made.arn]
            raise ELBClientError(
                "ValidationError", "At least two subnets in two different Availability Zones must be specified"
            )
        return made

    ELBv2Backend.create_load_balancer = create_load_balancer


def _deletion() -> None:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DeleteLoadBalancer.html"""
    original = ELBv2Backend.delete_load_balancer

    def delete_load_balancer(self: Any, arn: str) -> None:
        balancer = self.load_balancers.get(arn)
        if balancer is not None and balancer.attrs["deletion_protection.enabled"] == "true":
            raise ELBClientError(
                "OperationNotPermitted",
                f"Load balancer '{arn}' cannot be deleted because deletion protection is enabled",
            )
        original(self, arn)

    ELBv2Backend.delete_load_balancer = delete_load_balancer


def _listeners() -> None:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateListener.html (Certificates, Port)

    moto notices a used port only by the listener's ARN, so never. It takes any certificate, issued or not.
    """
    create, modify = ELBv2Backend.create_listener, ELBv2Backend.modify_listener

    def create_listener(self: Any, load_balancer_arn: str, protocol: str, port: str, **more: Any) -> Any:
        balancer = self.load_balancers.get(load_balancer_arn)
        if balancer is not None and str(port) in {str(listener.port) for listener in balancer.listeners.values()}:
            raise DuplicateListenerError
        if protocol == "HTTPS" and not more["certificate"]:
            raise ELBClientError("ValidationError", "A certificate must be specified for HTTPS listeners")
        if more["certificate"]:
            _require_issued(self, more["certificate"])
        return create(self, load_balancer_arn, protocol, port, **more)

    def modify_listener(
        self: Any, arn: str, port: Any, protocol: Any, ssl_policy: Any, certificates: list[dict[str, str]], actions: Any
    ) -> Any:
        for certificate in certificates:
            _require_issued(self, certificate["CertificateArn"])
        return modify(self, arn, port, protocol, ssl_policy, certificates, actions)

    ELBv2Backend.create_listener, ELBv2Backend.modify_listener = create_listener, modify_listener


def _require_issued(backend: Any, arn: str) -> None:
    if ":acm:" not in arn:
        return
    known = acm_backends[backend.account_id][backend.region_name]._certificates
    if arn not in known:
        raise ELBClientError("CertificateNotFound", f"Certificate ARN '{arn}' is not valid")
    known[arn].check()
    if known[arn].status != "ISSUED":
        raise ELBClientError(
            "UnsupportedCertificate",
            f"The certificate '{arn}' must have a fully-qualified domain name, a supported signature, and a "
            "supported key size.",
        )


def _target_health(health: Health | None) -> None:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetHealth.html

    moto calls every registered target healthy.
    """
    original = FakeTargetGroup.health_for

    def health_for(self: Any, target: dict[str, Any], ec2_backend: Any) -> Any:
        status = original(self, target, ec2_backend)
        if status.status != "healthy":
            return status

        def state(name: str, reason: str, description: str) -> Any:
            return FakeHealthStatus(
                status.instance_id, status.port, status.health_check_port, name, reason, description
            )

        if not self.load_balancer_arns:
            return state(
                "unused", "Target.NotInUse", "Target group is not configured to receive traffic from the load balancer"
            )
        seen = health(self.arn, str(status.instance_id), int(status.port)) if health else "unhealthy"
        if seen is None:
            return state("initial", "Elb.InitialHealthChecking", "Initial health checks in progress")
        return status if seen == "healthy" else state("unhealthy", "Target.FailedHealthChecks", "Health checks failed")

    FakeTargetGroup.health_for = health_for
