"""Settings of whoever puts numbers into service, for tests."""

from typing import Any

from holdline.settings import DeploySettings
from tests.twilio_api import ACCOUNT, TOKEN

SIP_PASSWORD = "the password of the tests' trunk"
FUNCTIONS = "https://functions.example.com"


def deploy_settings(**fields: Any) -> DeploySettings:
    return DeploySettings.model_validate(
        {
            "google_cloud_project": "demo-holdline",
            "livekit_url": "wss://livekit.example.com",
            "livekit_api_key": "key-of-the-tests",
            "livekit_api_secret": "a secret of the tests, of 32 bytes or more",
            "functions_url": FUNCTIONS,
            "sip_host": "sip.example.com",
            "sip_username": "holdline",
            "sip_password": SIP_PASSWORD,
            "twilio_account_sid": ACCOUNT,
            "twilio_auth_token": TOKEN,
            **fields,
        }
    )
