"""Answers questions from what the project knows: its context, and agents of AgentForge."""
