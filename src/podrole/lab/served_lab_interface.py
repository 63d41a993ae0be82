"""A served lab's own interface: apart, so that its clients load neither boto3 nor moto."""

#: No bucket can have a name like it.
CONTROL_PATH = "/_podrole/"
#: A header that a web page cannot send to another origin without being asked first.
CONTROL_HEADER = "X-Podrole-Lab"
