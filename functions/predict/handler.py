"""Lambda's entry: the application behind Mangum, its model loaded while the function starts."""

from mangum import Mangum

from functions.predict.app import from_environment
from modelfleet import bootstrap

app = from_environment()
bootstrap.release_follower().prime()
handler = Mangum(app, lifespan="off")
