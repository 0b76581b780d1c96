// An error takes the reader to the first field that must be mended.
export function focusFirstInvalid(root) {
  const field = root.querySelector('[aria-invalid="true"]:not([type="hidden"])');
  field?.focus();
  field?.scrollIntoView({ block: "center" });
}
