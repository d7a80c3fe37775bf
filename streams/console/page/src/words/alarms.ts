/** The words of new alarms: English, then Chinese. */
export const ALARMS = {
  "alarms.new": ["new", "新"],
  "alarms.soundOn": ["Sound on", "声音：开"],
  "alarms.soundOff": ["Sound off", "声音：关"],
  "alarms.soundTitle": ["A sound for new alarms from severity 3 on", "三级及以上新警情响铃"],
  "alarms.seeAll": ["{count} new: all seen", "{count} 条新警情：全部已阅"],
} as const;
