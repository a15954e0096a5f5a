"""The external stack: a server, a schema and a SaaS API that are running; agents are processes of the run.

The run uses the schema it is told to use. It makes accounts of its own if it may, and takes them away again together
with the rows and indexes its scenarios leave, also after SIGKILL.
"""

from dataclasses import replace
from pathlib import Path

import pymysql

from support.errors import SettingsError, TestEnvironmentError
from support.mysql.database import Database, server_account
from support.mysql.journal import check_clock
from support.mysql.schemas import Accounts, make_accounts, remove_traces, schema_exists, strangers, users
from support.stacks.saas_api import SaasApi
from support.stacks.stack import Stack

MISSING_RIGHT = (1044, 1142, 1227, 1410)
"""What servers answer to an account that may not make accounts or give rights."""


class ExternalStack(Stack):
    """Server and API are somebody else's."""

    def _make_accounts(self, suffix: str, folder: Path) -> Accounts:
        settings, server = self._settings, server_account(self._settings)
        name = settings.mysql_database
        with Database(server) as database:
            if not schema_exists(database, name):
                raise SettingsError(
                    f"there is no schema {name!r} on {server.host}:{server.port}; name that of your SaaS API in mysql_database"
                )
        suite = replace(server, database=name)
        with Database(suite) as database:
            if (found := strangers(database)) and not settings.may_empty_tables:
                raise SettingsError(
                    f"schema {name!r} has rows that are not this suite's ({', '.join(found)}), and"
                    " scenarios empty these tables; use a schema for tests alone, or say -D may_empty_tables=yes"
                )
            self._warden.remove_traces(server, name, users(suffix))
            remove_traces(database, name)  # of a run that died with its warden
            check_clock(database)
        if settings.agent_mysql_user:
            agent = replace(suite, user=settings.agent_mysql_user, password=settings.agent_mysql_password)
            agent.connect().close()
            return Accounts(suite, agent, api=suite, app=suite)
        try:
            return make_accounts(server, name, suffix)
        except pymysql.MySQLError as error:
            if error.args[0] not in MISSING_RIGHT:
                raise
            raise SettingsError(
                f"account {server.user!r} may not make accounts for this run ({error.args[-1]}): give it the right to, or"
                " name the agent's account in agent_mysql_user"
            ) from error

    def check_alive(self) -> None:
        super().check_alive()
        try:
            self.api.health()
        except AssertionError as error:
            raise TestEnvironmentError(str(error)) from error

    def _find_api(self) -> SaasApi:
        return SaasApi(self._settings.api_url, self._api_secret)
