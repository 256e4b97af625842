/* Tables and views of a store, version 3; docs/store.md explains them. What a row may hold stands
 * here as CHECK constraints, which PRAGMA quick_check tries on every row when a store is opened:
 * the code that reads need not. Limits on counts keep their sums far from overflow. */
#include "campaign/store_int.h"

#include "base/status.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const struct object {
    const char *name, *sql;
} objects[] = {
    {"store",
     "CREATE TABLE store (\n"
     "  id INTEGER PRIMARY KEY CHECK (id = 1),\n"
     "  model_sha256 TEXT NOT NULL,\n"
     "  data TEXT NOT NULL,\n"
     "  split TEXT NOT NULL,\n"
     "  data_images INTEGER NOT NULL CHECK (data_images <= 1099511627776),\n"
     "  data_sha256 TEXT NOT NULL,\n"
     "  preprocess TEXT NOT NULL,\n"
     "  images INTEGER NOT NULL CHECK (images BETWEEN 1 AND data_images),\n"
     "  seed INTEGER NOT NULL CHECK (seed >= 0),\n"
     "  compute TEXT NOT NULL,\n"
     "  shards INTEGER NOT NULL CHECK (shards BETWEEN 1 AND 1000000),\n"
     "  shard INTEGER NOT NULL CHECK (shard BETWEEN 0 AND shards - 1)\n"
     ") STRICT"},
    {"session",
     "CREATE TABLE session (\n"
     "  id INTEGER PRIMARY KEY,\n"
     "  started TEXT NOT NULL,\n"
     "  model TEXT NOT NULL,\n"
     "  command TEXT NOT NULL,\n"
     "  version TEXT NOT NULL,\n"
     "  cpu TEXT NOT NULL,\n"
     "  threads INTEGER NOT NULL,\n"
     "  host TEXT NOT NULL,\n"
     "  process INTEGER NOT NULL\n"
     ") STRICT"},
    {"campaign",
     "CREATE TABLE campaign (\n"
     "  id INTEGER PRIMARY KEY,\n"
     "  storage TEXT NOT NULL UNIQUE,\n"
     "  encoding TEXT NOT NULL,\n"
     "  protection TEXT NOT NULL,\n"
     "  bits_per_weight REAL NOT NULL,\n"
     "  weights INTEGER NOT NULL CHECK (weights >= 0),\n"
     "  bits INTEGER NOT NULL CHECK (bits >= 0),\n"
     "  scale_bits INTEGER NOT NULL CHECK (scale_bits BETWEEN 0 AND bits),\n"
     "  golden BLOB,\n"
     "  golden_correct INTEGER CHECK (golden_correct >= 0),\n"
     "  CHECK ((golden IS NULL) = (golden_correct IS NULL))\n"
     ") STRICT"},
    {"timing",
     "CREATE TABLE timing (\n"
     "  campaign INTEGER PRIMARY KEY REFERENCES campaign,\n"
     "  baseline TEXT NOT NULL,\n"
     "  batch INTEGER NOT NULL CHECK (batch >= 1),\n"
     "  threads INTEGER NOT NULL CHECK (threads >= 1),\n"
     "  seconds REAL NOT NULL CHECK (seconds > 0),\n"
     "  ratio REAL NOT NULL CHECK (ratio > 0),\n"
     "  kernel TEXT NOT NULL\n"
     ") STRICT"},
    {"point",
     "CREATE TABLE point (\n"
     "  id INTEGER PRIMARY KEY,\n"
     "  campaign INTEGER NOT NULL REFERENCES campaign,\n"
     "  fault TEXT NOT NULL,\n"
     "  rate REAL CHECK (rate BETWEEN 0 AND 1),\n"
     "  sampling TEXT NOT NULL,\n"
     "  design TEXT NOT NULL,\n"
     "  expected REAL NOT NULL CHECK (expected >= 0),\n"
     "  population INTEGER NOT NULL CHECK (population >= 0),\n"
     "  available INTEGER NOT NULL CHECK (available >= 1),\n"
     "  reason TEXT,\n"
     "  margin REAL NOT NULL DEFAULT 0,\n"
     "  confidence REAL NOT NULL DEFAULT 0,\n"
     "  list_sha256 TEXT NOT NULL DEFAULT ''\n"
     ") STRICT"},
    {"point_name",
     "CREATE UNIQUE INDEX point_name\n"
     "  ON point (campaign, fault, ifnull(rate, -1), sampling, design)"},
    {"stratum",
     "CREATE TABLE stratum (\n"
     "  point INTEGER NOT NULL REFERENCES point,\n"
     "  number INTEGER NOT NULL CHECK (number BETWEEN 0 AND 2147483646),\n"
     "  name TEXT NOT NULL,\n"
     "  weight REAL NOT NULL CHECK (weight BETWEEN 0 AND 1),\n"
     "  PRIMARY KEY (point, number)\n"
     ") STRICT, WITHOUT ROWID"},
    {"layer",
     "CREATE TABLE layer (\n"
     "  id INTEGER PRIMARY KEY,\n"
     "  campaign INTEGER NOT NULL REFERENCES campaign,\n"
     "  number INTEGER NOT NULL CHECK (number BETWEEN 0 AND 2147483646),\n"
     "  name TEXT NOT NULL,\n"
     "  shape TEXT NOT NULL CHECK (shape GLOB '[[]*]'),\n"
     "  UNIQUE (campaign, name, shape)\n"
     ") STRICT"},
    {"trial",
     "CREATE TABLE trial (\n"
     "  point INTEGER NOT NULL REFERENCES point,\n"
     "  k INTEGER NOT NULL CHECK (k >= 0),\n"
     "  first INTEGER NOT NULL CHECK (first BETWEEN 0 AND 1099511627776),\n"
     "  images INTEGER NOT NULL CHECK (images BETWEEN 1 AND 1099511627776),\n"
     "  masked INTEGER NOT NULL CHECK (masked BETWEEN 0 AND images),\n"
     "  tolerable INTEGER NOT NULL CHECK (tolerable BETWEEN 0 AND images),\n"
     "  sdc INTEGER NOT NULL CHECK (sdc BETWEEN 0 AND images),\n"
     "  due INTEGER NOT NULL CHECK (due BETWEEN 0 AND images),\n"
     "  due_sdc INTEGER NOT NULL CHECK (due_sdc BETWEEN 0 AND min(due, sdc)),\n"
     "  correct INTEGER NOT NULL CHECK (correct BETWEEN 0 AND images),\n"
     "  golden_correct INTEGER NOT NULL CHECK (golden_correct BETWEEN 0 AND images),\n"
     "  faults INTEGER NOT NULL CHECK (faults BETWEEN 0 AND 1099511627776),\n"
     "  changed INTEGER NOT NULL CHECK (changed BETWEEN 0 AND 1099511627776),\n"
     "  corrected INTEGER NOT NULL CHECK (corrected BETWEEN 0 AND 1099511627776),\n"
     "  detected INTEGER NOT NULL CHECK (detected BETWEEN 0 AND 1099511627776),\n"
     "  missed INTEGER NOT NULL CHECK (missed BETWEEN 0 AND 1099511627776),\n"
     "  stratum INTEGER NOT NULL CHECK (stratum BETWEEN 0 AND 2147483646),\n"
     "  PRIMARY KEY (point, k),\n"
     "  CHECK (masked + tolerable + sdc + due - due_sdc = images),\n"
     "  CHECK (abs(golden_correct - correct) <= sdc)\n"
     ") STRICT, WITHOUT ROWID"},
    {"place",
     "CREATE TABLE place (\n"
     "  point INTEGER NOT NULL,\n"
     "  k INTEGER NOT NULL,\n"
     "  injection INTEGER NOT NULL,\n"
     "  layer INTEGER NOT NULL REFERENCES layer,\n"
     "  element INTEGER NOT NULL CHECK (element >= 0),\n"
     "  bit INTEGER NOT NULL CHECK (bit BETWEEN 0 AND 127),\n"
     "  effect TEXT CHECK (effect IN ('flip', 'stuck0', 'stuck1')),\n"
     "  form TEXT CHECK (form IN ('f32', 'bf16', 'int8')),\n"
     "  PRIMARY KEY (point, k),\n"
     "  FOREIGN KEY (point, k) REFERENCES trial\n"
     ") STRICT, WITHOUT ROWID"},
    {"outcome",
     "CREATE TABLE outcome (\n"
     "  point INTEGER NOT NULL,\n"
     "  k INTEGER NOT NULL,\n"
     "  packed BLOB NOT NULL,\n"
     "  PRIMARY KEY (point, k),\n"
     "  FOREIGN KEY (point, k) REFERENCES trial\n"
     ") STRICT"},
    {"result",
     "CREATE VIEW result AS\n"
     "  WITH sums AS (\n"
     "    SELECT point, count(*) AS trials, sum(images) AS runs, sum(sdc) AS sdc, sum(due) AS "
     "due,\n"
     "      sum(golden_correct - correct) AS lost, avg(faults) AS faults, avg(changed) AS "
     "changed,\n"
     "      iif(point IN (SELECT point FROM stratum), NULL, 1.0 * sum(images)) AS plain\n"
     "    FROM trial GROUP BY point)\n"
     "  SELECT point.id AS point, storage, fault, rate, sampling, design, protection, trials, "
     "runs,\n"
     "    100.0 * golden_correct / images AS golden,\n"
     "    100.0 * golden_correct / images - 100.0 * lost / plain AS accuracy,\n"
     "    100.0 * lost / plain AS \"drop\", sums.sdc / plain AS sdc, sums.due / plain AS due,\n"
     "    faults, changed, reason\n"
     "  FROM point JOIN campaign ON campaign.id = point.campaign\n"
     "    JOIN sums ON sums.point = point.id JOIN store\n"
     "  ORDER BY point.id"},
    {"sdc_by_layer_and_bit",
     "CREATE VIEW sdc_by_layer_and_bit AS\n"
     "  SELECT place.point, layer.name AS layer, bit, count(*) AS trials,\n"
     "    sum(images) AS runs, sum(sdc) AS sdc, 1.0 * sum(sdc) / sum(images) AS share\n"
     "  FROM place JOIN layer ON layer.id = place.layer JOIN trial USING (point, k)\n"
     "  GROUP BY place.point, place.layer, bit"},
    {"convergence",
     "CREATE VIEW convergence AS\n"
     "  SELECT point, k, count(*) OVER before AS trials, sum(images) OVER before AS runs,\n"
     "    100.0 * sum(golden_correct - correct) OVER before / sum(images) OVER before AS "
     "\"drop\",\n"
     "    1.0 * sum(sdc) OVER before / sum(images) OVER before AS sdc\n"
     "  FROM trial WINDOW before AS (PARTITION BY point ORDER BY k)"},
    {"injection",
     "CREATE VIEW injection AS\n"
     "  SELECT place.point, k, injection AS Injection, layer.name AS Layer,\n"
     "    (WITH RECURSIVE digit (i, rest, text) AS (\n"
     "       SELECT json_array_length(shape) - 1, element, ''\n"
     "       UNION ALL\n"
     "       SELECT i - 1, rest / json_extract(shape, '$[' || i || ']'),\n"
     "         (rest % json_extract(shape, '$[' || i || ']'))\n"
     "           || CASE text WHEN '' THEN '' ELSE ', ' END || text\n"
     "       FROM digit WHERE i >= 0)\n"
     "     SELECT '(' || text || CASE json_array_length(shape) WHEN 1 THEN ',)' ELSE ')' END\n"
     "     FROM digit WHERE i = -1) AS TensorIndex,\n"
     "    bit AS Bit, effect AS Effect, form AS \"As\", images AS n_injections, masked,\n"
     "    images - masked - sdc AS non_critical, sdc AS critical\n"
     "  FROM place JOIN layer ON layer.id = place.layer JOIN trial USING (point, k)"},
};

/* What was another one in version 2, whose view of results pools points with strata, too. */
static const struct object before[] = {
    {"result",
     "CREATE VIEW result AS\n"
     "  SELECT point.id AS point, storage, fault, rate, sampling, design, protection,\n"
     "    count(*) AS trials, sum(images) AS runs,\n"
     "    100.0 * campaign.golden_correct / (SELECT images FROM store) AS golden,\n"
     "    100.0 * campaign.golden_correct / (SELECT images FROM store)\n"
     "      - 100.0 * sum(trial.golden_correct - correct) / sum(images) AS accuracy,\n"
     "    100.0 * sum(trial.golden_correct - correct) / sum(images) AS \"drop\",\n"
     "    1.0 * sum(sdc) / sum(images) AS sdc, 1.0 * sum(due) / sum(images) AS due,\n"
     "    avg(faults) AS faults, avg(changed) AS changed, reason\n"
     "  FROM point JOIN campaign ON campaign.id = point.campaign\n"
     "    JOIN trial ON trial.point = point.id\n"
     "  GROUP BY point.id"},
    {"place",
     "CREATE TABLE place (\n"
     "  point INTEGER NOT NULL,\n"
     "  k INTEGER NOT NULL,\n"
     "  injection INTEGER NOT NULL,\n"
     "  layer INTEGER NOT NULL REFERENCES layer,\n"
     "  element INTEGER NOT NULL CHECK (element >= 0),\n"
     "  bit INTEGER NOT NULL CHECK (bit BETWEEN 0 AND 127),\n"
     "  PRIMARY KEY (point, k),\n"
     "  FOREIGN KEY (point, k) REFERENCES trial\n"
     ") STRICT, WITHOUT ROWID"},
    {"injection",
     "CREATE VIEW injection AS\n"
     "  SELECT place.point, k, injection AS Injection, layer.name AS Layer,\n"
     "    (WITH RECURSIVE digit (i, rest, text) AS (\n"
     "       SELECT json_array_length(shape) - 1, element, ''\n"
     "       UNION ALL\n"
     "       SELECT i - 1, rest / json_extract(shape, '$[' || i || ']'),\n"
     "         (rest % json_extract(shape, '$[' || i || ']'))\n"
     "           || CASE text WHEN '' THEN '' ELSE ', ' END || text\n"
     "       FROM digit WHERE i >= 0)\n"
     "     SELECT '(' || text || CASE json_array_length(shape) WHEN 1 THEN ',)' ELSE ')' END\n"
     "     FROM digit WHERE i = -1) AS TensorIndex,\n"
     "    bit AS Bit, images AS n_injections, masked,\n"
     "    images - masked - sdc AS non_critical, sdc AS critical\n"
     "  FROM place JOIN layer ON layer.id = place.layer JOIN trial USING (point, k)"},
};

enum { OBJECTS = sizeof objects / sizeof *objects };

int rsl_store_create(struct rsl_store *s) {
    char pragmas[120];
    s->version = RSL_STORE_VERSION;
    for (int i = 0; i < OBJECTS; i++) RSL_TRY(rsl_store_exec(s, objects[i].sql));
    snprintf(pragmas, sizeof pragmas, "PRAGMA application_id = %d; PRAGMA user_version = %d",
             RSL_STORE_APPLICATION, RSL_STORE_VERSION);
    return rsl_store_exec(s, pragmas);
}

static int number(struct rsl_store *s, const char *sql, int64_t *value) {
    sqlite3_stmt *q;
    RSL_TRY(rsl_query(s, &q, sql, ""));
    int got = rsl_query_step(s, q);
    if (got == 1) {
        *value = sqlite3_column_int64(q, 0);
        rsl_query_end(q);
    }
    return got < 0 ? got : RSL_OK;
}

static bool own(const char *name) {
    for (int i = 0; i < OBJECTS; i++)
        if (strcmp(objects[i].name, name) == 0) return true;
    return false;
}

static const char *made_as(const struct rsl_store *s, int object) {
    for (size_t i = 0; i < sizeof before / sizeof *before && s->version == RSL_STORE_BEFORE; i++)
        if (strcmp(before[i].name, objects[object].name) == 0) return before[i].sql;
    return objects[object].sql;
}

/* Everything of ours is there as we made it, and nothing acts on our tables. Other people's views
 * and tables may stand beside. */
static int check_objects(struct rsl_store *s) {
    static const char one[] = "SELECT sql FROM sqlite_schema WHERE name = ?1";
    static const char acting[] =
        "SELECT name, tbl_name FROM sqlite_schema"
        " WHERE type = 'trigger' OR (type = 'index' AND sql IS NOT NULL)";
    sqlite3_stmt *q;
    int got;
    for (int i = 0; i < OBJECTS; i++) {
        RSL_TRY(rsl_query(s, &q, one, "t", objects[i].name));
        RSL_TRY(got = rsl_query_step(s, q));
        const char *sql = got ? (const char *)sqlite3_column_text(q, 0) : NULL;
        bool same = sql && strcmp(sql, made_as(s, i)) == 0;
        if (got) rsl_query_end(q);
        if (!same)
            return rsl_fail(RSL_EFORMAT, "%s: '%s' of the store is %s; restore it from a copy",
                            s->path, objects[i].name, sql ? "not as it was made" : "missing");
    }
    RSL_TRY(rsl_query(s, &q, acting, ""));
    while ((got = rsl_query_step(s, q)) == 1) {
        const char *name = (const char *)sqlite3_column_text(q, 0);
        const char *table = (const char *)sqlite3_column_text(q, 1);
        if (!name || !table || own(name) || !own(table)) continue;
        rsl_fail(RSL_EFORMAT, "%s: has '%s' on table '%s', which a store may not have", s->path,
                 name, table);
        rsl_query_end(q);
        return RSL_EFORMAT;
    }
    return got;
}

static int check_rows(struct rsl_store *s) {
    sqlite3_stmt *q;
    RSL_TRY(rsl_query(s, &q, "PRAGMA quick_check(1)", ""));
    int got = rsl_query_step(s, q);
    if (got <= 0) return got;
    const char *text = (const char *)sqlite3_column_text(q, 0);
    int rc = RSL_OK;
    if (!text || strcmp(text, "ok") != 0)
        rc = rsl_fail(RSL_EFORMAT, "%s: the file is damaged (%s); restore it from a copy", s->path,
                      text ? text : "?");
    rsl_query_end(q);
    return rc;
}

int rsl_store_check(struct rsl_store *s, bool *empty) {
    int64_t application = 0, version = 0, there = 0;
    RSL_TRY(number(s, "PRAGMA application_id", &application));
    RSL_TRY(number(s, "PRAGMA user_version", &version));
    RSL_TRY(number(s, "SELECT count(*) FROM sqlite_schema", &there));
    *empty = application == 0 && version == 0 && there == 0;
    if (*empty) return RSL_OK;
    if (application != RSL_STORE_APPLICATION)
        return rsl_fail(RSL_EFORMAT, "%s: is an SQLite database, but not a store of resile",
                        s->path);
    if (version != RSL_STORE_VERSION && version != RSL_STORE_BEFORE)
        return rsl_fail(RSL_EUNSUPPORTED,
                        "%s: is a store of version %" PRId64
                        ", this resile knows versions %d and %d; use the resile that wrote it",
                        s->path, version, RSL_STORE_BEFORE, RSL_STORE_VERSION);
    s->version = (int)version;
    RSL_TRY(check_objects(s));
    return check_rows(s);
}
