"""Charts of five projects, from their own releases, installed in the lab by helm: `make charts`."""
