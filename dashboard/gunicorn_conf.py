"""How gunicorn serves the console: `gunicorn --config dashboard/gunicorn_conf.py`. It listens on $PORT by itself."""

worker_class = "gthread"
workers = 1
"""Each process would keep watches of its own on the same collections."""
threads = 512
"""An open page holds one. More than the platform lets in at once, so that a click never waits for a stream to end."""
graceful_timeout = 8
"""Cloud Run kills ten seconds after it has asked; the streams end as soon as they are asked."""
timeout = 120
"""Without a sign of the process, not of a request: streams may last."""
keepalive = 75
"""Longer than the proxy in front keeps a connection idle, so that it never writes into one that is just closing."""
worker_tmp_dir = "/dev/shm"  # noqa: S108 - its heartbeat is a file, which must not wait for a disk
control_socket_disable = True
"""Nobody steers it at run time, and there is no home for a socket."""
