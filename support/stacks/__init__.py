"""How the parts under test are run: the server with its accounts, the SaaS API, the workers, and the
warden that ends all processes of a run.

A stack differs in where these come from (processes, containers, running elsewhere); nobody outside knows which one it is.
Nothing here judges, and nothing outlives the run.
"""
