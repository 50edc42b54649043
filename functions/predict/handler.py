"""Lambda's entry: the application behind API Gateway, its model loaded as the function starts."""

from functions.predict.app import from_environment
from functions.predict.gateway import behind_gateway
from modelfleet import bootstrap

app = from_environment()
bootstrap.release_follower().prime()
handler = behind_gateway(app, bootstrap.serving_telemetry(bootstrap.predict_settings().model))
