"""What the local broker is told: its server properties, its log4j settings and its JVM flags."""

from pathlib import Path

_CONFIG = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller_port}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
controller.listener.names=CONTROLLER
log.dirs={log_dir}

# Topics come from the topic table only.
auto.create.topics.enable=false
num.partitions=6
message.max.bytes=1048588
log.message.timestamp.type=LogAppendTime

# One node.
offsets.topic.replication.factor=1
offsets.topic.num.partitions=10
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=10
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=1

# A stack that was down for months goes on where it stopped.
offsets.retention.minutes=525600
transactional.id.expiration.ms=1209600000

# A broker that was killed is let in again when its old session has ended: 3 s here, 9 s by default.
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
group.initial.rebalance.delay.ms=0

# Small: the cleaner's buffer alone takes 128 MiB of heap by default.
log.cleaner.dedupe.buffer.size=33554432
num.network.threads=2
num.io.threads=4
num.recovery.threads.per.data.dir=2
"""

_LOG4J = """\
appender.file.type=RollingFile
appender.file.name=file
appender.file.fileName={folder}/kafka.log
appender.file.filePattern={folder}/kafka.log.%i
appender.file.layout.type=PatternLayout
appender.file.layout.pattern=%d{{ISO8601_OFFSET_DATE_TIME_HHCMM}} %p %m (%c)%n
appender.file.policies.type=Policies
appender.file.policies.size.type=SizeBasedTriggeringPolicy
appender.file.policies.size.size=5MB
appender.file.strategy.type=DefaultRolloverStrategy
appender.file.strategy.max=3
rootLogger.level=INFO
rootLogger.appenderRef.file.ref=file
"""


def server_properties(log_dir: Path, port: int, controller_port: int) -> str:
    """The broker's configuration, everything on loopback."""
    return _CONFIG.format(log_dir=log_dir, port=port, controller_port=controller_port)


def log4j_properties(folder: Path) -> str:
    """Log to `folder`/kafka.log, at most 20 MB in four files."""
    return _LOG4J.format(folder=folder)


def jvm_flags(heap: str) -> tuple[str, ...]:
    """The serial collector: on a small heap beside its clients on few cores it costs a broker less CPU than G1 does."""
    return (
        f"-Xmx{heap}",
        "-Xshare:auto",
        "-XX:+UseSerialGC",
        "-XX:+ExitOnOutOfMemoryError",
        "-XX:-UsePerfData",
        "-Djava.awt.headless=true",
    )
