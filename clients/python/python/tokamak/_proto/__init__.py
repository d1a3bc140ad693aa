"""Generated from the files below proto/ by generate_proto.py."""
