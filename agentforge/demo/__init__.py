"""`manage.py demo`: AgentForge shown on itself, over its own API."""
