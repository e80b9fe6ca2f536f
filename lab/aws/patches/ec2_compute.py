# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""EC2 launch templates and Auto Scaling in moto 5.2.5: a template's own tags leak into its data; metrics only begin.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateLaunchTemplate.html
"""

from __future__ import annotations

from typing import Any

from moto.autoscaling.exceptions import ValidationError
from moto.autoscaling.models import AutoScalingBackend
from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import EmptyResult
from moto.ec2.models.launch_templates import LaunchTemplate, LaunchTemplateBackend

# https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_EnableMetricsCollection.html
METRICS = (
    *("GroupMinSize", "GroupMaxSize", "GroupDesiredCapacity", "GroupInServiceInstances", "GroupPendingInstances"),
    *("GroupStandbyInstances", "GroupTerminatingInstances", "GroupTotalInstances"),
)


def apply() -> None:
    """Patch moto."""
    _launch_template_tags()
    _metrics_collection()


def _launch_template_tags() -> None:
    """TagSpecification: "the tags to apply to the launch template on creation", none of its instances' tags."""
    original = LaunchTemplateBackend.create_launch_template

    def create(self: Any, name: str, description: str, template_data: dict[str, Any], tag_spec: dict[str, Any]) -> Any:
        kept = [
            each
            for each in template_data.get("TagSpecifications") or []
            if each["ResourceType"] != "launch-template"  # no resource that a template's data can tag
        ]
        data = {name: value for name, value in template_data.items() if name != "TagSpecifications"}
        template: LaunchTemplate = original(
            self, name, description, data | ({"TagSpecifications": kept} if kept else {}), tag_spec
        )
        return template

    LaunchTemplateBackend.create_launch_template = create


def _metrics_collection() -> None:
    def enable_metrics_collection(self: Any, group_name: str, metrics: list[str] | None) -> None:
        group = _group(self, group_name)
        group.metrics = [name for name in METRICS if name in {*group.metrics, *(metrics or METRICS)}]

    def disable_metrics_collection(self: Any) -> Any:
        """https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DisableMetricsCollection.html

        "If you omit this property, all metrics are disabled."
        """
        group = _group(self.autoscaling_backend, self._get_param("AutoScalingGroupName"))
        off = self._get_param("Metrics") or METRICS
        group.metrics = [name for name in group.metrics if name not in off]
        return EmptyResult()

    AutoScalingBackend.enable_metrics_collection = enable_metrics_collection
    AutoScalingResponse.disable_metrics_collection = disable_metrics_collection


def _group(backend: Any, name: str) -> Any:
    if name not in backend.autoscaling_groups:
        raise ValidationError("AutoScalingGroup name not found - null")
    return backend.autoscaling_groups[name]
