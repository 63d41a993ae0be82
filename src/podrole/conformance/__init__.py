"""The conformance suite: what AWS accepts and refuses, asked of any endpoint."""
