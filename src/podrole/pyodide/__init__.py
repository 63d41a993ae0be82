"""What runs in the reader's browser: the policy checker, the doctor, and a notebook's cells.

Each module here answers calls of the page's worker (`docs/assets/python/worker.js`): a function
takes and gives JSON. `bundle` packs what they need; it is the only one that runs at build time.
"""
