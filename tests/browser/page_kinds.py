"""One page of each kind that the site has: what every judgement of a page is asked of."""

KINDS = {
    "start": "",
    "notebook": "notebooks/02-irsa/",
    "how-to": "howto/irsa-trust/",
    "programs": "howto/code/",
    "troubleshooting": "howto/troubleshoot/",
    "table": "reference/comparison/",
    "explanation": "explanation/how-it-works/",
    "catalogue": "catalogue/",
    "snippet": "catalogue/trust-irsa-exact/",
    "antipattern": "catalogue/trust-irsa-bad-no-sub/",
    "policy checker": "check/policy/",
    "doctor": "check/pod/",
    "missing": "404.html",
}
