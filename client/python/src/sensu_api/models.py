"""Models of requests and responses: `CheckConfig` in responses, `CheckConfigCreate` for POST, `CheckConfigInput` for PUT and
`CheckConfigPatch` for PATCH."""

from .generated.models import *  # noqa: F403
