"""The local target's own process: a proxy that starts functions on demand and stops idle ones.

Here belongs what happens between a request on loopback and a function process: routing, queueing,
scale, revisions, and their state on disk. It knows no manifest, only releases (`plan`), and no
user code, only programs that take a listening socket. It is started as a process
(`python -m faasctl.gateway`) and spoken to over a Unix socket in the words of `wire`.

On disk, under `FAASCTL_HOME/local/` (0700):

    lock                                    held by the one gateway of this home
    gateway.json                            pid, port, URL and socket of the gateway that runs
    gateway.log                             what the gateway itself says
    port.json                               the port of last time, taken again at a restart
    control/socket                          the control interface; in scratch when the path is long
    scratch                                 names the folder of what processes need for a while
    state/<namespace>.json                  components, revisions, traffic, tags: the whole truth
    revisions/<namespace>/<revision>/       release.json and component.json; never change
    processes/<pid>.json                    what runs, so that a later gateway can clear it away
    logs/<namespace>/<component>/<revision>/<n>.log     what the nth process printed

A namespace's state changes by the rename of one file. A revision's folder exists before the state
names it; one that no state names is left over and is dropped at the next start.
"""
