"""Where files live: any S3, and the endpoint that this machine serves itself."""
