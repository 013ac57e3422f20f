"""The next version of an agent's knowledge: what has changed at its websites is read again.

A refresh works on a draft: a record of its own, with pages of its own, that refers to the agent
(`AgentRecord.refreshes`). Pages that are still the same only name the agent's page that they keep
(`Page.keeps`). In the end the draft's new pages and the agent's kept ones become the agent's pages
in one transaction, and what is superseded goes, a chunk at a time.
"""
