"""The stages of the pipeline in manifests/pipeline.yaml.

A stage finds the place of each of its variables in UNIP_PIPELINE_<VARIABLE>: an input is a file
or a folder, an output always a folder.
"""
