"""Lambda handler: the console behind API Gateway."""

from functions.console.gateway import behind_gateway

handler = behind_gateway()
