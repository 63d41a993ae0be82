"""Sets of service accounts, as conditions on a token's `sub` draw them."""
