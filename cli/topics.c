/* See topics.h. */
#include "topics.h"

#include <resile/data.h>
#include <resile/fault.h>
#include <resile/memory.h>

#include <stdio.h>
#include <string.h>

/* Item i of a list that is written here. */
static bool written(const char *const (*list)[2], int i, struct topic_item *item) {
    if (!list[i][0]) return false;
    snprintf(item->form, sizeof item->form, "%s", list[i][0]);
    item->about = list[i][1];
    return true;
}

/* ---- faults ---- */

static bool fault_model(int i, struct topic_item *item) {
    const char *name, *arguments;
    if (!rsl_fault_model_help(i, &name, &arguments, &item->about)) return false;
    snprintf(item->form, sizeof item->form, "%s%s", name, arguments);
    return true;
}

static bool fault_option(int i, struct topic_item *item) {
    static const char *const list[][2] = {
        {"layers=conv1,layer3.*,!fc", "only these layers, by name or number; ! leaves out"},
        {"bits=30,0-7,top", "only these positions; 0 is the least significant"},
        {"regions=weights,scales,...",
         "weights, scales, zero_points, biases, norms: which parts of the memory"},
        {"sampling=bits|layers", "every bit alike, or a layer, then a weight, then a bit"},
        {NULL, NULL}};
    return written(list, i, item);
}

static bool neuron_option(int i, struct topic_item *item) {
    static const char *const list[][2] = {
        {"layers=, bits=", "as above; layers also by operator (Conv) or by value"},
        {"at=outputs|inputs", "what a node computes, for all; or what one node reads"},
        {"pick=layers|elements", "a layer and then an element of it, or every element alike"},
        {"as=f32|bf16|int8", "the form in which bits are struck"},
        {"channels=A-B", "only these channels"},
        {"value=X", "the element becomes X: 0, -1.5, nan, inf"},
        {"pattern=row|column|block:HxW|neurons",
         "all of its row, its column, a block, its place in 16 channels; the same bit everywhere"},
        {NULL, NULL}};
    return written(list, i, item);
}

/* ---- storage ---- */

static bool encoding(int i, struct topic_item *item) {
    const char *name = rsl_encoding_name(i, &item->about);
    if (name) snprintf(item->form, sizeof item->form, "%s", name);
    return name != NULL;
}

static bool protection(int i, struct topic_item *item) {
    const char *name = rsl_protection_name(i, &item->about);
    if (name) snprintf(item->form, sizeof item->form, "%s", name);
    return name != NULL;
}

static bool layout(int i, struct topic_item *item) {
    static const char *const list[][2] = {
        {"word", "the bits of a weight side by side, copies included (as published)"},
        {"plane", "bit 0 of all weights, then bit 1 of all, ...: copies are far apart"},
        {"block", "planes of 512 weights each: what packed kernels read fastest"},
        {NULL, NULL}};
    return written(list, i, item);
}

/* ---- augmentations ---- */

static bool augmentation(int i, struct topic_item *item) {
    const char *form = rsl_augmentation_form(i);
    if (!form) return false;
    const char *range = strstr(form, " with ");
    int n = (int)(range ? (size_t)(range - form) : strlen(form));
    snprintf(item->form, sizeof item->form, "%.*s", n, form);
    item->about = rsl_augmentation_about(i);
    return true;
}

static const struct topic topics[] = {
    {.name = "faults",
     .summary = "What --fault takes: models of faults and their options",
     .about =
         "A fault is a model, maybe with options: 'ber:1e-4 layers=conv1 bits=top'. Several are "
         "joined by ' + ' and strike together. A rate that is left out comes from --ber.",
     .lists = {{"Models", fault_model},
               {"Options", fault_option},
               {"Options of neuron", neuron_option}}},
    {.name = "storage",
     .summary = "What --storage takes: how weights are stored as bits",
     .about =
         "ENCODING[/PROTECTION[/LAYOUT]]: 'affine4/msb/block'. Codes have their width behind the "
         "name, 2 to 8, then ':channel' or ':tensor' (what has a scale of its own). Layers may "
         "differ: 'affine4/msb; conv1=affine8/tmr; scales=/tmr'.",
     .lists = {{"Encodings", encoding}, {"Protections", protection}, {"Layouts", layout}}},
    {.name = "augment",
     .summary = "What --augment takes: how training images are varied",
     .about = "A comma between several: 'crop:4,flip,cutout:8'. 'none' leaves images as they are.",
     .lists = {{"Variations", augmentation}}},
};

enum { TOPICS = sizeof topics / sizeof *topics };

const struct topic *topic_at(int i) {
    return i >= 0 && i < TOPICS ? &topics[i] : NULL;
}

const struct topic *topic_find(const char *name) {
    for (int i = 0; i < TOPICS; i++)
        if (strcmp(topics[i].name, name) == 0) return &topics[i];
    return NULL;
}
