"""The composition root: makes one server out of its parts. The only file that knows everything."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path

from quart import Quart

import hearth.accounts.handlers
import hearth.admin.handlers
import hearth.directory.handlers
import hearth.epochs.handlers
import hearth.friends.handlers
import hearth.inbox.handlers
import hearth.messages.handlers
import hearth.presence.handlers
import hearth.private.handlers
import hearth.sync.handlers
import hearth.vault.handlers
from hearth.accounts.clean_up import clean_up
from hearth.accounts.contract import SessionEnded
from hearth.accounts.find_session import SessionFinder
from hearth.accounts.first_account import make_first_account_link
from hearth.accounts.routes import ROUTES as ACCOUNT_ROUTES
from hearth.accounts.sessions import NOBODY, list_ended_devices, list_lately_ended
from hearth.accounts.user_log import append_to_logs
from hearth.bus.local import Bus, LocalBus
from hearth.clock import Clock, SystemClock
from hearth.config import Config
from hearth.contract import Devices, collect_handlers
from hearth.conversations.sight import list_visible
from hearth.db.durability import check_durability
from hearth.db.engine import Database
from hearth.db.migrate import migrate
from hearth.db.server import load_identity
from hearth.directory.routes import LARGE as LARGE_ROUTES
from hearth.directory.routes import ROUTES as DIRECTORY_ROUTES
from hearth.health import Watch
from hearth.health_page import make_health_page
from hearth.logs import report_stray_error
from hearth.messages.contract import OfferEntries, ReadAimed, ReadHistory, ReadPins, ReadStates
from hearth.messages.log import MessageLog
from hearth.metrics import Sources, write_metrics
from hearth.metrics_page import make_metrics_page
from hearth.presence.board import PresenceBoard
from hearth.reactions import REACTIONS
from hearth.services import Services
from hearth.sync.contract import OpenSync, ReadHeads, ReadRest
from hearth.sync.prune import prune_user_logs
from hearth.tasks import end_task
from hearth.trust.pages import make_trust_pages
from hearth.vault.clean_up import drop_gone_rows
from hearth.wire.delivery import Delivery
from hearth.wire.dispatch import Dispatcher
from hearth.wire.edge import Edge, EdgeSettings, websocket_protocol
from hearth.wire.gateway import Gateway
from hearth.wire.http import Face, prepare
from hearth.wire.limits import Limits
from hearth.wire.pages import make_pages, read_client
from hearth.wire.registry import Registry
from hearth.wire.turns import Turns
from hearth.work import ENCODER, perform

LOG = logging.getLogger("hearth")
CLIENT_FOLDER = Path(__file__).parent / "static"
MAX_SOCKETS_PER_USER = 20
MAX_SOCKETS_PER_ADDRESS = 100
RESUMES_AT_ONCE, RESUMES_WAITING = 3, 500
"""A resume takes about 10 ms: half the database's connections stay free, nobody waits beyond a timeout."""
RESUMING = (OpenSync, ReadRest, ReadHeads)
"""What a device asks for to get up to date and takes long: all of these together take turns."""
OFFERS_AT_ONCE, OFFERS_WAITING = 2, 200
"""What is given back after a restore comes a hundred at a time, between everybody's sends."""
PAGES_AT_ONCE, PAGES_WAITING = 3, 1000
"""Devices that fetch a long history do so beside each other without holding up sends and sign-ins."""
READING = (ReadHistory, ReadAimed, ReadStates, ReadPins)
RECHECK_SECONDS = 60.0
NOTICE_SECONDS = 2.0
"""How soon a session that another process ended (`hearth user disable`) is noticed here."""
CLEAN_UP_SECONDS = 3600.0
HANDLERS = collect_handlers(
    hearth.accounts.handlers,
    hearth.vault.handlers,
    hearth.private.handlers,
    hearth.directory.handlers,
    hearth.friends.handlers,
    hearth.epochs.handlers,
    hearth.presence.handlers,
    hearth.messages.handlers,
    hearth.inbox.handlers,
    hearth.sync.handlers,
    hearth.admin.handlers,
)

LARGE_PATHS = frozenset(
    {f"/api/{name}" for name, handler in HANDLERS.items() if handler.command.is_large} | set(LARGE_ROUTES)
)


async def open_services(config: Config, *, clock: Clock, bus: Bus) -> Services:
    """Prepare the parts and begin the work behind them; `close_services` ends it."""
    services = await prepare_services(config, clock=clock, bus=bus)
    await start_services(services)
    return services


async def start_services(services: Services) -> None:
    """Begin the work behind prepared services."""
    await services.messages.start()
    await services.presence.start()


async def prepare_services(config: Config, *, clock: Clock, bus: Bus) -> Services:
    """Open and migrate the database and return the parts that verbs work with, none of them at work yet.

    That is all a single verb of the command line needs, and it leaves a server on the same database alone.
    """
    database = Database(config.database_url)
    await database.start()
    await migrate(database)
    identity, secret = await load_identity(database)
    messages = MessageLog(database, bus, clock)
    return Services(
        config=config,
        clock=clock,
        database=database,
        identity=identity,
        secret=secret,
        bus=bus,
        limits=Limits(clock, config.limit_scale),
        reactions=REACTIONS,
        write_logs=append_to_logs,
        list_visible=list_visible,
        messages=messages,
        presence=PresenceBoard(database, bus, clock),
        watch=Watch(config, database, messages, clock.now()),
    )


async def close_services(services: Services) -> None:
    """Finish what is under way and close the database."""
    await services.messages.stop()
    await services.presence.stop()
    await services.database.stop()


class App:
    """One running server: what uvicorn serves, and the tasks that go on beside it."""

    def __init__(self, services: Services, *, edge_settings: EdgeSettings | None = None) -> None:
        self.services = services
        scale = services.config.limit_scale
        self.registry = Registry(round(MAX_SOCKETS_PER_USER * scale))
        self.delivery = Delivery(self.registry)
        dispatcher = Dispatcher.of(services, HANDLERS, report_defect)
        resuming = Turns(RESUMES_AT_ONCE, RESUMES_WAITING)
        dispatcher.turns.update({command.wire_name: resuming for command in RESUMING})
        dispatcher.turns[OfferEntries.wire_name] = Turns(OFFERS_AT_ONCE, OFFERS_WAITING)
        reading = Turns(PAGES_AT_ONCE, PAGES_WAITING)
        dispatcher.turns.update({command.wire_name: reading for command in READING})
        sessions = SessionFinder(services.database, services.clock)
        gateway = Gateway(
            services.config,
            dispatcher,
            self.registry,
            sessions.find,
            came=services.presence.connected,
            went=services.presence.disconnected,
        )
        settings = edge_settings or EdgeSettings(
            is_https=services.config.is_https, max_per_address=round(MAX_SOCKETS_PER_ADDRESS * scale)
        )
        self.edge = Edge(settings, gateway, gateway.find_address)
        self.asgi = Quart("hearth", static_folder=None)
        prepare(self.asgi, Face(services, dispatcher, sessions.find), large_paths=LARGE_PATHS)
        self.asgi.register_blueprint(ACCOUNT_ROUTES)
        self.asgi.register_blueprint(DIRECTORY_ROUTES)
        self.asgi.register_blueprint(self.edge.make_blueprint())
        self.asgi.register_blueprint(make_health_page(services.watch))
        sources = Sources(services, dispatcher.figures, self.registry, self.delivery, self.edge)
        self.asgi.register_blueprint(make_metrics_page(services.config, lambda: write_metrics(sources)))
        self.asgi.register_blueprint(make_trust_pages(services.config.data))
        self.asgi.register_blueprint(make_pages(read_client(CLIENT_FOLDER)))
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def websocket_class(self) -> type[asyncio.Protocol]:
        return websocket_protocol(self.edge)

    async def start(self) -> list[str]:
        """Begin the work beside requests; return the lines that `serve` prints (the first-account link)."""
        if isinstance(self.services.bus, LocalBus):
            self.services.bus.attach(self.delivery.deliver, self.delivery.disconnect)
        asyncio.get_running_loop().set_exception_handler(report_stray_error)
        self.services.watch.count_devices = self.registry.count_devices
        self.services.watch.lag.start()
        self._tasks = [
            asyncio.create_task(repeat(NOTICE_SECONDS, self._end_sessions_ended_elsewhere)),
            asyncio.create_task(repeat(RECHECK_SECONDS, self._end_stale_sockets)),
            asyncio.create_task(repeat(CLEAN_UP_SECONDS, self._clean_up)),
        ]
        link = await make_first_account_link(self.services)
        return [] if link is None else [f"Create the administrator's account: {link}"]

    async def stop(self) -> None:
        """Let clients go gently, finish what was accepted, close the database."""
        LOG.info("stopping", extra={"fields": {"sockets": len(self.registry)}})
        await self.edge.drain()
        await self.services.watch.lag.stop()
        for task in self._tasks:
            await end_task(task)
        await close_services(self.services)

    async def _end_stale_sockets(self) -> None:
        """Close sockets whose session ended without this process hearing of it."""
        ended = await list_ended_devices(
            self.services.database, self.registry.list_device_ids(), self.services.clock.now()
        )
        if ended:
            self.delivery.disconnect(Devices(tuple(ended)), "session ended")

    async def _end_sessions_ended_elsewhere(self) -> None:
        """Tell and close sockets whose session another process ended; one query, none for an empty house."""
        connected = set(self.registry.list_device_ids())
        if not connected:
            return
        ended = await list_lately_ended(self.services.database, self.services.clock.now())
        for device_id in connected & ended.keys():
            payload = ENCODER.encode(SessionEnded(reason=ended[device_id]))
            self.services.bus.publish(Devices((device_id,)), SessionEnded.wire_name, payload)
            self.services.bus.disconnect(Devices((device_id,)), ended[device_id])

    async def _clean_up(self) -> None:
        from hearth.private.clean_up import drop_gone_rows as drop_private_rows

        await perform(self.services, NOBODY, clean_up)
        await prune_user_logs(self.services.database, self.services.clock.now())
        await drop_gone_rows(self.services.database)
        await drop_private_rows(self.services.database)


async def create_app(config: Config) -> App:
    """Make the server that `config` describes; `start` begins its work and `stop` ends it."""
    services = await prepare_services(config, clock=SystemClock(), bus=LocalBus())
    try:
        services.watch.doubts = await check_durability(services.database)
    except BaseException:
        await services.database.stop()
        raise
    for doubt in services.watch.doubts:
        LOG.warning("%s", doubt)
    await start_services(services)
    return App(services)


async def repeat(seconds: float, action: Callable[[], Awaitable[None]]) -> None:
    """Run `action` for ever, `seconds` apart; a failure is logged and the next run comes all the same."""
    while True:
        await asyncio.sleep(seconds)
        try:
            await action()
        except Exception:  # a periodic task must outlive a database that is away for a while
            LOG.exception("periodic work failed")


def report_defect(command: str, error: Exception) -> None:
    """Log a command that failed by our fault; never what was in it."""
    LOG.error("command failed: %s", command, exc_info=error)
