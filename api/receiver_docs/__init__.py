"""What receivers of webhooks need to know: pages at `/docs`, and code that checks signatures."""
