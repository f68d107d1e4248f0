"""What pages and API read: each question in SQL beside the shape of its answer. Every query names the tenant."""
