"""`faasctl new`."""
