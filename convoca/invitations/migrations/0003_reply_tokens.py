from django.db import migrations, models

import convoca.calendars.organizers


def give_each_a_token(apps, schema_editor):
    invitation = apps.get_model("invitations", "Invitation")
    for row in invitation.objects.only("pk").iterator():
        row.reply_token = convoca.calendars.organizers.new_token()
        row.save(update_fields=["reply_token"])


class Migration(migrations.Migration):
    dependencies = [
        ("invitations", "0002_held_answers"),
    ]

    operations = [
        migrations.AddField(
            model_name="invitation",
            name="reply_token",
            field=models.CharField(max_length=32, default=""),
        ),
        migrations.RunPython(give_each_a_token, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="invitation",
            name="reply_token",
            field=models.CharField(
                default=convoca.calendars.organizers.new_token, max_length=32, unique=True
            ),
        ),
    ]
