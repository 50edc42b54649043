"""Between API Gateway's events and the application."""

from fastapi import FastAPI
from mangum import Mangum

from functions.predict.problems import MEDIA_TYPE


def behind_gateway(app: FastAPI) -> Mangum:
    """Make the Lambda handler of an application.

    What is not listed as text is handed over in base64, which a REST API without binary media
    types passes on to the caller as it is.
    """
    return Mangum(app, lifespan="off", text_mime_types=["text/", "application/json", MEDIA_TYPE])
