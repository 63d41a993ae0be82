"""A served lab's own interface: apart, so that its clients load neither boto3 nor moto."""

#: No bucket can have a name like it.
CONTROL_PATH = "/_podrole/"
#: A header that a web page cannot send to another origin without being asked first.
CONTROL_HEADER = "X-Podrole-Lab"
#: No proxy is asked for what stays on this machine. S3 clients put the bucket before `.localhost`.
NO_PROXY = "127.0.0.1,localhost,.localhost,::1"
