/* usage: made_store STORE [large|other|quiet|mixed]. Writes the store of tests/report_store.h, or
 * one of 10,000 points (20 storages, 5 faults, 100 rates); or the first as of another network with
 * more single faults; with one rate, no harm and three single faults; with mixed storages, whose
 * names are long and nearly alike, and a rate at which none has a time. */
#include "../report_store.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

/* A transaction for each point would take minutes: the points of one are multiplied instead. */
static const char multiply[] =
    "BEGIN;"
    "DELETE FROM place; DELETE FROM trial; DELETE FROM point; DELETE FROM layer;"
    "DELETE FROM timing; DELETE FROM campaign WHERE id > 1;"
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20)"
    " INSERT INTO campaign (storage, encoding, protection, bits_per_weight, weights, bits,"
    "   scale_bits, golden, golden_correct)"
    " SELECT 'affine' || (3 + i % 6) || ':group' || i || '/msb', 'affine' || (3 + i % 6), 'msb',"
    "   i + 2, weights, weights * (i + 2) + 500, 320, golden, golden_correct FROM n, campaign;"
    "DELETE FROM campaign WHERE id = 1;"
    "INSERT INTO timing SELECT id, 'affine5:group3/none', 1, 2, 0.01, 0.5 + id / 20.0, 'plain'"
    " FROM campaign;"
    "WITH RECURSIVE f (l) AS (SELECT 1 UNION ALL SELECT l + 1 FROM f WHERE l < 5),"
    " r (i, rate) AS (SELECT 1, 1e-7 UNION ALL SELECT i + 1, rate * 1.1 FROM r WHERE i < 100)"
    " INSERT INTO point (campaign, fault, rate, sampling, design, expected, population, available,"
    "   reason)"
    " SELECT campaign.id, 'ber layers=features.' || l || '.conv', rate, 'bits', 'all',"
    "   rate * bits, bits, 9223372036854775807, 'trials' FROM campaign, f, r;"
    "WITH RECURSIVE n (k) AS (SELECT 0 UNION ALL SELECT k + 1 FROM n WHERE k < 3),"
    " t (point, k, sdc, due, n) AS (SELECT id, k, id * (7919 + 31 * k * k) % 61, id * (k + 5) % 7,"
    "   id * (13 + k) % 9973 FROM point, n)"
    " INSERT INTO trial (point, k, first, images, masked, tolerable, sdc, due, due_sdc, correct,"
    "   golden_correct, faults, changed, corrected, detected, missed, stratum)"
    " SELECT point, k, 0, 100, n % 20, 100 - sdc - due - n % 20, sdc, due, 0, 90 - sdc, 90, n, n,"
    "   n / 2, n % 3, n / 90, 0 FROM t;"
    "COMMIT";

static const char rename_network[] =
    "UPDATE store SET model_sha256 = replace(model_sha256, '9f', 'e7');"
    "UPDATE session SET model = 'nets/other.onnx';"
    "UPDATE campaign SET weights = 2 * weights, bits = 2 * bits;"
    "CREATE TEMP TABLE more AS SELECT * FROM trial WHERE k > 12;"
    "CREATE TEMP TABLE there AS SELECT * FROM place WHERE k > 12;"
    "UPDATE more SET k = k + 300; UPDATE there SET k = k + 300;"
    "INSERT INTO trial SELECT * FROM more; INSERT INTO place SELECT * FROM there";

static const char hush[] =
    "DELETE FROM trial WHERE point IN (SELECT id FROM point WHERE rate > 1e-5);"
    "DELETE FROM point WHERE rate > 1e-5;"
    "UPDATE trial SET masked = images, tolerable = 0, sdc = 0, due = 0, due_sdc = 0,"
    "  correct = golden_correct;"
    "DELETE FROM trial WHERE k NOT IN (0, 1, 6);"
    "DELETE FROM place WHERE k NOT IN (0, 1, 6);"
    "UPDATE place SET bit = 31 WHERE k = 6";

static const char mix[] =
    "UPDATE campaign SET storage = 'affine8/tmr; conv2=affine5/msb/plane; fc1=' || storage"
    "  || '/plane; fc2=affine7/msb/plane; fc3=affine2/none';"
    "DELETE FROM trial WHERE point IN"
    "  (SELECT point.id FROM point JOIN timing USING (campaign) WHERE rate = 1e-2);"
    "DELETE FROM point WHERE rate = 1e-2 AND campaign IN (SELECT campaign FROM timing)";

static const struct {
    const char *name, *how;
} changes[] = {{"large", multiply}, {"other", rename_network}, {"quiet", hush}, {"mixed", mix}};

static int change(const char *path, const char *how) {
    sqlite3 *db;
    char *message = NULL;
    int code = sqlite3_open(path, &db);
    if (code == SQLITE_OK) code = sqlite3_exec(db, how, NULL, NULL, &message);
    if (code != SQLITE_OK) fprintf(stderr, "made_store: %s\n", message ? message : path);
    sqlite3_free(message);
    sqlite3_close(db);
    return code != SQLITE_OK;
}

int main(int argc, char **argv) {
    if (argc < 2 || argc > 3) return 2;
    int rc = report_store_make(argv[1]);
    if (rc < 0) fprintf(stderr, "made_store: %s\n", rsl_errmsg());
    if (rc < 0 || argc == 2) return rc < 0;
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++)
        if (strcmp(argv[2], changes[i].name) == 0) return change(argv[1], changes[i].how);
    return 2;
}
