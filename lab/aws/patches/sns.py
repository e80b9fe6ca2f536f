# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SNS in moto 5.2.5: it invokes Lambda functions without asking them, and takes subscriptions that it never serves."""

from __future__ import annotations

import functools
import logging
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from moto.sns.models import Subscription
from moto.sns.responses import SNSResponse

from .awslambda import Lambda

log = logging.getLogger(__name__)

# What really gets its messages.
PROTOCOLS = ("lambda", "sqs")


def apply(functions: Lambda) -> None:
    """Patch moto."""
    _subscribe()
    _publish(functions)
    # moto makes a key for every subscription, which takes seconds on a busy machine; SNS has one for all.
    Subscription.private_key = lambda _: _signing_key()


@functools.cache
def _signing_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _subscribe() -> None:
    original = SNSResponse.subscribe

    def subscribe(self: Any) -> Any:
        """https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html"""
        protocol = self._get_param("Protocol")
        if protocol not in PROTOCOLS:
            raise NotImplementedError(f"a subscription by {protocol}: only {' and '.join(PROTOCOLS)} get messages")
        return original(self)

    SNSResponse.subscribe = subscribe


def _publish(functions: Lambda) -> None:
    original_response = SNSResponse.publish
    original = Subscription.publish

    def publish_to_topic(self: Any) -> Any:
        """https://docs.aws.amazon.com/sns/latest/api/API_Publish.html"""
        if not self._get_param("TopicArn"):
            raise NotImplementedError("Publish to anything but a topic")
        log.info("SNS %s: %s", self._get_param("TopicArn"), self._get_param("Subject") or self._get_param("Message"))
        return original_response(self)

    def publish(
        self: Any,
        message: str,
        message_id: str,
        subject: str | None = None,
        message_attributes: dict[str, Any] | None = None,
        **more: Any,
    ) -> None:
        """https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html"""
        if self.protocol != "lambda":
            original(self, message, message_id, subject, message_attributes, **more)
            return
        matcher = self._filter_policy_matcher
        if matcher is not None and not matcher.matches(message_attributes, message):
            return
        if more.get("message_structure") == "json":
            message = self._parse_message_structure(message, self.protocol)
        now = datetime.now(UTC)
        notification = {
            "Type": "Notification",
            "MessageId": message_id,
            "TopicArn": self.topic.arn,
            "Subject": subject,
            "Message": message,
            "Timestamp": f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03d}Z",
            "MessageAttributes": message_attributes or {},
        }
        record = {
            "EventSource": "aws:sns",
            "EventVersion": "1.0",
            "EventSubscriptionArn": self.arn,
            "Sns": notification,  # without the signature, which nobody checks
        }
        functions.deliver(self.account_id, self.endpoint, {"Records": [record]}, "sns.amazonaws.com", self.topic.arn)

    SNSResponse.publish = publish_to_topic
    Subscription.publish = publish
