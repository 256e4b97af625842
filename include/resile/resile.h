/* All of the library: the headers beside this one, each of which can be included alone. */
#ifndef RESILE_RESILE_H
#define RESILE_RESILE_H

#include "resile/campaign.h"
#include "resile/data.h"
#include "resile/eval.h"
#include "resile/explore.h"
#include "resile/fault.h"
#include "resile/import.h"
#include "resile/info.h"
#include "resile/integer.h"
#include "resile/json.h"
#include "resile/log.h"
#include "resile/memory.h"
#include "resile/model.h"
#include "resile/packed.h"
#include "resile/provenance.h"
#include "resile/quantize.h"
#include "resile/report.h"
#include "resile/run.h"
#include "resile/status.h"
#include "resile/store.h"
#include "resile/text.h"
#include "resile/train.h"
#include "resile/zoo.h"

#endif
