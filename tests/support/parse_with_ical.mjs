// Parses calendar texts (a JSON list on stdin) with ical.js, and prints what it complains of in each.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const { default: ICAL } = await import(pathToFileURL(process.argv[2]));
const DATES = 50;

const problems = JSON.parse(readFileSync(0, "utf8")).map((text) => {
  try {
    read(text);
    return "";
  } catch (problem) {
    return `${problem}`;
  }
});
process.stdout.write(JSON.stringify(problems));

function read(text) {
  const calendar = new ICAL.Component(ICAL.parse(text));
  lookAt(calendar);
  for (const zone of calendar.getAllSubcomponents("vtimezone")) {
    ICAL.TimezoneService.register(zone);
  }
  for (const component of calendar.getAllSubcomponents("vevent")) {
    if (!component.hasProperty("dtstart")) continue; // a DECLINECOUNTER names no time
    const event = new ICAL.Event(component);
    if (event.endDate.compare(event.startDate) < 0) throw new Error("it ends before it starts");
    const dates = event.iterator();
    for (let seen = 0; seen < DATES && dates.next(); seen++);
  }
  ICAL.TimezoneService.reset();
}

// Values are decoded only when asked for.
function lookAt(component) {
  for (const property of component.getAllProperties()) {
    if (property.getValues().some((value) => value === null)) throw new Error(`${property.name} is empty`);
  }
  component.getAllSubcomponents().forEach(lookAt);
}
