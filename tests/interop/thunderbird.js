// What a guest does in Thunderbird, as functions of its main window.
const { MailServices } = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");
const { cal } = ChromeUtils.importESModule("resource:///modules/calendar/calUtils.sys.mjs");
const timer = ChromeUtils.importESModule("resource://gre/modules/Timer.sys.mjs");

const HOST = "mailbox://127.0.0.1";
const tabmail = document.getElementById("tabmail");
const inbox = () =>
  MailServices.accounts.defaultAccount.incomingServer.rootFolder.getFolderWithFlags(
    Ci.nsMsgFolderFlags.Inbox,
  );
// Not the window's own timer, which stands still while a dialog waits for an answer.
const pause = () => new Promise((resolve) => timer.setTimeout(resolve, 20));

async function until(what, condition) {
  const deadline = Date.now() + 20000;
  for (;;) {
    const found = await condition();
    if (found) return found;
    if (Date.now() > deadline) throw new Error(`waited in vain: ${what}`);
    await pause();
  }
}

const login = Cc["@mozilla.org/login-manager/loginInfo;1"].createInstance(Ci.nsILoginInfo);
login.init(HOST, null, HOST, "gwen", "any", "", "");
await Services.logins.addLoginAsync(login);
await until("the first window", () => tabmail?.currentAbout3Pane?.document.readyState === "complete");

let changes = 0;
const count = () => changes++;
cal.manager.getCalendars()[0].addObserver({
  QueryInterface: ChromeUtils.generateQI(["calIObserver"]),
  onAddItem: count,
  onModifyItem: count,
  onDeleteItem: count,
  onStartBatch() {},
  onEndBatch() {},
  onLoad() {},
  onError() {},
  onPropertyChanged() {},
  onPropertyDeleting() {},
});

const shown = (button) => !button.hidden && button.closest("[hidden]") === null;
const bar = () => {
  const page = tabmail.currentAboutMessage.document;
  const buttons = page.querySelectorAll("#imip-view-toolbar > toolbarbutton");
  return {
    text: page.querySelector(".calendar-notification-bar .msgNotificationBarText").textContent,
    buttons: [...buttons].filter(shown),
  };
};

window.convoca = {
  async receive(count) {
    tabmail.currentAbout3Pane.document.getElementById("folderPaneGetMessages").click();
    await until(`${count} mails`, () => inbox().getTotalMessages(false) === count);
  },

  async openNewest() {
    const pane = tabmail.currentAbout3Pane;
    if (pane.gFolder !== inbox()) pane.displayFolder(inbox().URI);
    const newest = [...inbox().messages].reduce((a, b) => (a.messageKey > b.messageKey ? a : b));
    const row = () => pane.gDBView?.findIndexOfMsgHdr(newest, true) ?? -1;
    await until("the mail in the list", () => row() >= 0);
    const before = tabmail.currentAboutMessage?.calImipBar.itipItem;
    pane.threadTree.selectedIndex = row();
    await until("its invitation", () => {
      const page = tabmail.currentAboutMessage;
      const found = page?.calImipBar.itipItem;
      return found && found !== before && page.gMessage.messageId === newest.messageId;
    });
    const { text, buttons } = bar();
    return [text, buttons.map((button) => button.label)];
  },

  async press(label) {
    const button = bar().buttons.find((button) => button.label === label);
    if (!button) throw new Error(`there is no button ${label}`);
    changes = 0;
    button.click();
    await convoca.waitForChange();
  },

  async pressAndAgree(label) {
    const asked = until("the question who answers", () =>
      [...Services.wm.getEnumerator(null)].find(
        (dialog) =>
          dialog.document.documentURI.endsWith("calendar-itip-identity-dialog.xhtml") &&
          dialog.document.getElementById("identity-menu")?.selectedItem,
      ),
    ).then((dialog) => dialog.document.querySelector("dialog").acceptDialog());
    await convoca.press(label);
    await asked;
  },

  waitForChange: () => until("a change of the calendar", () => changes > 0),

  async answerDate(start, partstat) {
    document.getElementById("calendarButton").click();
    await until("the calendar", () => tabmail.currentTabInfo.mode.name === "calendar");
    switchToView("day");
    const view = await until("the day", () => currentView()?.isInitialized && currentView());
    view.goToDay(cal.createDateTime(start));
    const box = await until("the date", () =>
      [...view.querySelectorAll("calendar-event-box")].find(
        (box) => box.occurrence && utc(box.occurrence.startDate) === start,
      ),
    );
    box.click();
    await until("its selection", () => view.getSelectedItems().length === 1);
    document
      .querySelector(
        "#calendar-item-context-menu-attendance-menu " +
          `menuitem[scope="this-occurrence"][respvalue="${partstat}"][respmode="AUTO"]`,
      )
      .doCommand();
    document.getElementById("mailButton").click();
    await until("the mails", () => tabmail.currentAbout3Pane);
  },

  async entries(start, end) {
    const dates = await between(start, end);
    return dates.map((date) => [
      utc(date.startDate),
      utc(date.endDate),
      date.title,
      date.getProperty("LOCATION") ?? "",
    ]);
  },

  async answers(start, end) {
    return (await between(start, end)).map(invited);
  },
};

const invited = (date) => cal.itip.getInvitedAttendee(date)?.participationStatus ?? "";
const utc = (moment) => moment.getInTimezone(cal.dtz.UTC).icalString;

async function between(start, end) {
  const [calendar] = cal.manager.getCalendars();
  const filter =
    Ci.calICalendar.ITEM_FILTER_ALL_ITEMS | Ci.calICalendar.ITEM_FILTER_CLASS_OCCURRENCES;
  const span = [start, end].map((moment) => cal.createDateTime(moment));
  const dates = await calendar.getItemsAsArray(filter, 0, ...span);
  return dates.sort((a, b) => a.startDate.compare(b.startDate));
}
