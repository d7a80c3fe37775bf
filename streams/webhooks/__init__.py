"""Webhooks: subscribers that are told of cases by HTTP, each at its own pace."""
