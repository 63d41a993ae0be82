"""CloudFormation: templates become calls of other services, made with their caller's keys."""
