/* Tables and views of a store, version 1; docs/store.md explains them. What a row may hold stands
 * here as CHECK constraints, which PRAGMA quick_check tries on every row when a store is opened:
 * the code that reads need not. Limits on counts keep their sums far from overflow. */
#include "campaign/store_int.h"

#include "base/status.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define COUNT(name, limit) #name " INTEGER NOT NULL CHECK (" #name " BETWEEN 0 AND " limit ")"
#define SOME(name, limit)  #name " INTEGER NOT NULL CHECK (" #name " BETWEEN 1 AND " limit ")"
#define MANY               "1099511627776" /* 2^40 */
#define ANY                "9223372036854775807"

static const struct object {
    const char *name, *sql;
} objects[] = {
    {"store",
     "CREATE TABLE store (\n"
     "  id INTEGER PRIMARY KEY CHECK (id = 1),\n"
     "  model_sha256 TEXT NOT NULL,\n"
     "  data TEXT NOT NULL,\n"
     "  split TEXT NOT NULL,\n"
     "  " COUNT(data_images,
                MANY) ",\n"
                      "  data_sha256 TEXT NOT NULL,\n"
                      "  preprocess TEXT NOT NULL,\n"
                      "  images INTEGER NOT NULL CHECK (images BETWEEN 1 AND data_images),\n"
                      "  " COUNT(seed, ANY) ",\n"
                                            "  compute TEXT NOT NULL,\n"
                                            "  " SOME(
                                                shards,
                                                "1000000") ",\n"
                                                           "  shard INTEGER NOT NULL CHECK (shard "
                                                           "BETWEEN 0 AND shards - 1)\n"
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
     "  " COUNT(weights,
                ANY) ",\n"
                     "  " COUNT(
                         bits,
                         ANY) ",\n"
                              "  golden BLOB,\n"
                              "  golden_correct INTEGER CHECK (golden_correct BETWEEN 0 AND " MANY
                              "),\n"
                              "  CHECK ((golden IS NULL) = (golden_correct IS NULL))\n"
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
     "  " COUNT(population, ANY) ",\n"
                                 "  " SOME(available, ANY) ",\n"
                                                           "  reason TEXT,\n"
                                                           "  margin REAL NOT NULL DEFAULT 0,\n"
                                                           "  confidence REAL NOT NULL DEFAULT 0\n"
                                                           ") STRICT"},
    {"point_name",
     "CREATE UNIQUE INDEX point_name\n"
     "  ON point (campaign, fault, ifnull(rate, -1), sampling, design)"},
    {"layer",
     "CREATE TABLE layer (\n"
     "  id INTEGER PRIMARY KEY,\n"
     "  campaign INTEGER NOT NULL REFERENCES campaign,\n"
     "  name TEXT NOT NULL,\n"
     "  shape TEXT NOT NULL CHECK (shape GLOB '[[]*]'),\n"
     "  UNIQUE (campaign, name, shape)\n"
     ") STRICT"},
    {"trial",
     "CREATE TABLE trial (\n"
     "  point INTEGER NOT NULL REFERENCES point,\n"
     "  " COUNT(
         k,
         ANY) ",\n"
              "  " COUNT(
                  first,
                  MANY) ",\n"
                        "  " SOME(
                            images,
                            MANY) ",\n"
                                  "  " COUNT(
                                      masked,
                                      "images") ",\n"
                                                "  " COUNT(
                                                    tolerable,
                                                    "images") ",\n"
                                                              "  " COUNT(
                                                                  sdc,
                                                                  "images") ",\n"
                                                                            "  " COUNT(
                                                                                due,
                                                                                "images") ",\n"
                                                                                          "  "
                                                                                          "due_sdc "
                                                                                          "INTEGER "
                                                                                          "NOT "
                                                                                          "NULL "
                                                                                          "CHECK "
                                                                                          "(due_"
                                                                                          "sdc "
                                                                                          "BETWEEN "
                                                                                          "0 AND "
                                                                                          "min(due,"
                                                                                          " sdc)),"
                                                                                          "\n"
                                                                                          " "
                                                                                          " " COUNT(
                                                                                              correct,
                                                                                              "imag"
                                                                                              "es") ",\n"
                                                                                                    "  golden_correct INTEGER NOT NULL\n"
                                                                                                    "    CHECK (golden_correct BETWEEN max(0, correct - sdc)\n"
                                                                                                    "                              AND min(images, correct + sdc)),\n"
                                                                                                    "  " COUNT(
                                                                                                        faults,
                                                                                                        MANY) ",\n"
                                                                                                              "  " COUNT(
                                                                                                                  changed,
                                                                                                                  MANY) ",\n"
                                                                                                                        "  " COUNT(
                                                                                                                            corrected,
                                                                                                                            MANY) ",\n"
                                                                                                                                  "  " COUNT(
                                                                                                                                      detected,
                                                                                                                                      MANY) ",\n"
                                                                                                                                            "  " COUNT(
                                                                                                                                                missed,
                                                                                                                                                MANY) ",\n"
                                                                                                                                                      "  " COUNT(
                                                                                                                                                          stratum,
                                                                                                                                                          "2147483647") ",\n"
                                                                                                                                                                        "  PRIMARY KEY (point, k),\n"
                                                                                                                                                                        "  CHECK (masked + tolerable + sdc + due - due_sdc = images)\n"
                                                                                                                                                                        ") STRICT, WITHOUT ROWID"},
    {"place",
     "CREATE TABLE place (\n"
     "  point INTEGER NOT NULL,\n"
     "  k INTEGER NOT NULL,\n"
     "  injection INTEGER NOT NULL,\n"
     "  layer INTEGER NOT NULL REFERENCES layer,\n"
     "  " COUNT(element, MANY) ",\n"
                               "  " COUNT(bit, "127") ",\n"
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
     "  SELECT point.id AS point, storage, fault, rate, sampling, design, protection,\n"
     "    count(*) AS trials, sum(images) AS images,\n"
     "    100.0 * campaign.golden_correct / (SELECT images FROM store) AS golden,\n"
     "    100.0 * campaign.golden_correct / (SELECT images FROM store)\n"
     "      - avg(100.0 * (trial.golden_correct - correct) / images) AS accuracy,\n"
     "    avg(100.0 * (trial.golden_correct - correct) / images) AS \"drop\",\n"
     "    1.0 * sum(sdc) / sum(images) AS sdc, 1.0 * sum(due) / sum(images) AS due,\n"
     "    avg(faults) AS faults, avg(changed) AS changed, reason\n"
     "  FROM point JOIN campaign ON campaign.id = point.campaign\n"
     "    JOIN trial ON trial.point = point.id\n"
     "  GROUP BY point.id"},
    {"sdc_by_layer_and_bit",
     "CREATE VIEW sdc_by_layer_and_bit AS\n"
     "  SELECT place.point, layer.name AS layer, bit, count(*) AS trials,\n"
     "    sum(images) AS images, sum(sdc) AS sdc, 1.0 * sum(sdc) / sum(images) AS share\n"
     "  FROM place JOIN layer ON layer.id = place.layer JOIN trial USING (point, k)\n"
     "  GROUP BY place.point, place.layer, bit"},
    {"convergence",
     "CREATE VIEW convergence AS\n"
     "  SELECT point, k, count(*) OVER before AS trials, sum(images) OVER before AS images,\n"
     "    avg(100.0 * (golden_correct - correct) / images) OVER before AS \"drop\",\n"
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
     "    bit AS Bit, images AS n_injections, masked,\n"
     "    images - masked - sdc AS non_critical, sdc AS critical\n"
     "  FROM place JOIN layer ON layer.id = place.layer JOIN trial USING (point, k)"},
};

enum { OBJECTS = sizeof objects / sizeof *objects };

int rsl_store_create(struct rsl_store *s) {
    char pragmas[120];
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
        bool same = sql && strcmp(sql, objects[i].sql) == 0;
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
    if (version != RSL_STORE_VERSION)
        return rsl_fail(RSL_EUNSUPPORTED,
                        "%s: is a store of version %" PRId64
                        ", this resile knows version %d; use "
                        "the resile that wrote it",
                        s->path, version, RSL_STORE_VERSION);
    RSL_TRY(check_objects(s));
    return check_rows(s);
}
