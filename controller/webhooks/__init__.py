"""Webhooks: word of what happened, sent to addresses that the administrator named.

Table of contents; what each part is for stands at its head.
"""

from controller.webhooks.administration import Webhook, read_webhooks
from controller.webhooks.progress import Outcome
from controller.webhooks.sender import Webhooks, open_webhooks

__all__ = ["Outcome", "Webhook", "Webhooks", "open_webhooks", "read_webhooks"]
