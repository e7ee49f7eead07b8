"""Makes docs/openapi.yaml: `python -m local.openapi`.

Routes and who may call them come from template.yaml, bodies from the models that check them, replies from the shapes
that the type checker holds them to, models and their limits from the catalog. Only what no code says stands in
`operations.py`: what a route is for, and which statuses it answers with.
"""
