/** Form fields: each has a label, a control, and a hint that describes the control. */

import { h, newId } from "./dom.js";

const KINDS = { text, words, choice, radios };

/**
 * A field { name, label, kind, hint?, value?, required?, options? } as { name, node, control, value() }.
 * Options are [value, words] pairs. `plain`: a filter, which is not marked as optional.
 */
export function fieldOf(field) {
  const id = newId("field");
  const hint = field.hint ? newId("hint") : null;
  return { name: field.name, ...KINDS[field.kind ?? "text"](field, id, hint) };
}

function labelled(field, id, hint, control) {
  const label = h(
    "label",
    { for: id },
    field.label,
    field.required || field.plain ? null : h("span", { class: "quiet" }, " (optional)"),
  );
  const node = h(
    "div",
    { class: "field" },
    label,
    control,
    hint && h("p", { class: "hint", id: hint }, field.hint),
  );
  return { node, control, value: () => control.value.trim() };
}

const common = (field, id, hint) => ({
  id,
  name: field.name,
  required: field.required,
  "aria-describedby": hint,
});

function text(field, id, hint) {
  const control = h("input", {
    ...common(field, id, hint),
    type: field.type ?? "text",
    value: field.value,
    autocomplete: "off",
  });
  return labelled(field, id, hint, control);
}

function words(field, id, hint) {
  return labelled(
    field,
    id,
    hint,
    h("textarea", { ...common(field, id, hint), rows: field.rows ?? 3 }, field.value ?? ""),
  );
}

function choice(field, id, hint) {
  const options = field.options.map(([value, shown]) =>
    h("option", { value, selected: value === field.value }, shown),
  );
  return labelled(field, id, hint, h("select", common(field, id, hint), options));
}

function radios(field, _id, hint) {
  const name = newId(field.name);
  const inputs = field.options.map(([value]) =>
    h("input", { type: "radio", name, value, checked: value === field.value }),
  );
  const shown = field.options.map(([, label], place) => h("label", { class: "radio" }, inputs[place], label));
  const node = h(
    "fieldset",
    { class: "field", "aria-describedby": hint },
    h("legend", {}, field.label),
    shown,
  );
  if (hint) node.append(h("p", { class: "hint", id: hint }, field.hint));
  return { node, control: inputs[0], value: () => inputs.find((input) => input.checked)?.value ?? "" };
}
