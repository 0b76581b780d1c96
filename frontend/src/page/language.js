// The page's language as dates and numbers need it: our English is the one that says 24 November.
const language = document.documentElement.lang || "en";

export const locale = language === "en" ? "en-GB" : language;
