"""What AWS asks for what a prediction uses: us-east-1, first tier, without the free tier."""

PRICES_READ = "2026-11"

# aws.amazon.com/lambda/pricing, x86.
USD_PER_GB_SECOND = 0.0000166667
USD_PER_MILLION_REQUESTS = 0.20
# aws.amazon.com/api-gateway/pricing, REST APIs.
USD_PER_MILLION_API_CALLS = 3.50
