"""The gRPC server: one composed interceptor around every method, health, reflection, graceful stop."""
