"""The function that answers requests."""

{% include cookiecutter.interface ~ "/" ~ cookiecutter.framework ~ ".py" %}
