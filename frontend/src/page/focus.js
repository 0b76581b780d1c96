// An error takes the reader to the first field that must be mended, else to what it says.
export function focusFirstInvalid(root) {
  const invalid = root.querySelector('[aria-invalid="true"]:not([type="hidden"])');
  const field = invalid ?? root.querySelector("[data-alert]");
  field?.focus();
  field?.scrollIntoView({ block: "center" });
}
