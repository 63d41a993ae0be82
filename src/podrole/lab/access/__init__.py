"""Who may: authentication, the decision of each call, and what decisions look at."""
