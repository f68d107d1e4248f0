-- Run once by the postgres image, when its volume is empty: a role and a database for each service that has views.
-- Nobody else may connect to them; what is in them can be folded again from the log.
\getenv console_password VOLT_CONSOLE_DB_PASSWORD
CREATE ROLE console LOGIN PASSWORD :'console_password';
CREATE DATABASE console OWNER console;
REVOKE ALL ON DATABASE console FROM PUBLIC;
REVOKE ALL ON DATABASE postgres FROM PUBLIC;
