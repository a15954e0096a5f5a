# The accounts of API and agent, each with the rights it needs and no more; root is for people and for the suite.
# The image's entrypoint sources this file once, when it makes the data folder, after schema and test data. It must not be
# executable: a file that is gets a shell of its own, without the function docker_process_sql.

# A text as SQL has it in quotes
executor_quoted() {
  local text=${1//\\/\\\\}
  printf "'%s'" "${text//\'/\'\'}"
}

# An image without docker_process_sql sets no password for root before all of the init folder is done
if ! declare -F docker_process_sql >/dev/null; then
  docker_process_sql() { mysql --user=root ${socket:+--socket="$socket"} "$@"; }
fi

docker_process_sql <<SQL
CREATE USER executor_api@'%' IDENTIFIED BY $(executor_quoted "$MYSQL_API_PASSWORD");
GRANT SELECT, INSERT, UPDATE, DELETE ON \`$MYSQL_DATABASE\`.* TO executor_api@'%';

CREATE USER executor_agent@'%' IDENTIFIED BY $(executor_quoted "$MYSQL_AGENT_PASSWORD");
GRANT SELECT, INSERT, UPDATE, DELETE ON \`$MYSQL_DATABASE\`.* TO executor_agent@'%';
GRANT ALTER, INDEX ON \`$MYSQL_DATABASE\`.test_orders TO executor_agent@'%';
GRANT ALTER, INDEX ON \`$MYSQL_DATABASE\`.test_myisam_table TO executor_agent@'%';
GRANT SELECT ON performance_schema.* TO executor_agent@'%';
SQL
