// FullCalendar's look: only class names here, drawn by css/components/calendar.css.
const names = (...parts) => parts.filter(Boolean).join(" ");

const day = (info) =>
  names(
    "cal-day",
    info.isToday && "cal-day--today",
    info.isOther && "cal-day--other",
    (info.dow === 0 || info.dow === 6) && "cal-day--weekend",
  );

const rows = {
  listItemEventClass: "cal-line",
  listItemEventBeforeClass: "cal-line__dot",
  listItemEventInnerClass: "cal-line__inner",
  listItemEventTimeClass: "cal-time",
  listItemEventTitleClass: "cal-title",
  rowEventClass: (info) =>
    names("cal-bar", info.isStart && "cal-bar--start", info.isEnd && "cal-bar--end"),
  rowEventInnerClass: "cal-bar__inner",
  rowEventTimeClass: "cal-time",
  rowEventTitleClass: "cal-title",
  rowEventAfterClass: (info) => info.isEndResizable && "cal-grip cal-grip--side",
  rowMoreLinkClass: "cal-more",
  dayCellBottomClass: "cal-day__bottom",
};

const columns = {
  columnEventClass: "cal-column",
  columnEventInnerClass: (info) =>
    names("cal-column__inner", info.isShort && "cal-column__inner--short"),
  columnEventTimeClass: "cal-time",
  columnEventTitleClass: "cal-title",
  columnEventBeforeClass: (info) => info.isStartResizable && "cal-grip cal-grip--start",
  columnEventAfterClass: (info) => info.isEndResizable && "cal-grip cal-grip--end",
  columnMoreLinkClass: "cal-more",
};

export const theme = {
  name: "convoca",
  optionDefaults: {
    ...columns,
    className: "cal-root",
    viewClass: "cal-view",
    dayHeaderAlign: "center",
    dayHeaderClass: "cal-head",
    dayHeaderInnerClass: (info) =>
      names("cal-head__inner", info.isToday && "cal-head__inner--today"),
    tableHeaderClass: "cal-header",
    dayHeaderRowClass: "cal-row",
    dayRowClass: "cal-row",
    slotHeaderRowClass: "cal-row",
    dayCellClass: day,
    dayCellTopClass: "cal-day__top",
    dayCellTopInnerClass: (info) =>
      names("cal-day__number", info.isToday && "cal-day__number--today"),
    dayLaneClass: day,
    dayLaneInnerClass: "cal-lane",
    slotLaneClass: (info) => names("cal-slot", info.isMinor && "cal-slot--minor"),
    slotHeaderClass: "cal-hour",
    slotHeaderInnerClass: "cal-hour__inner",
    blockEventClass: (info) =>
      names("cal-block", (info.isDragging || info.isMirror) && "cal-block--moving"),
    moreLinkClass: "cal-more",
    popoverClass: "cal-popover",
    popoverCloseClass: "cal-popover__close",
    popoverCloseContent: "×",
    highlightClass: "cal-selected",
    navLinkClass: "cal-link",
    fillerClass: "cal-filler",
  },
  views: {
    dayGrid: rows,
    timeGrid: {
      ...rows,
      // In columns as narrow as a phone's the letter alone would not say which week it is.
      dayHeaderContent: ({ isNarrow, text, weekdayText, dayNumberText }) =>
        isNarrow ? `${weekdayText} ${dayNumberText}` : text,
      allDayHeaderClass: "cal-hour",
      allDayHeaderInnerClass: "cal-hour__inner",
      allDayDividerClass: "cal-divider",
      nowIndicatorLineClass: "cal-now",
      nowIndicatorHeaderClass: "cal-now-mark",
    },
  },
};
